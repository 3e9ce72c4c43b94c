import * as $protobuf from "./runtime.js";

/** Namespace holdfast. */
export namespace holdfast {

    /** Namespace config. */
    namespace config {

        /** Namespace v1. */
        namespace v1 {

            /**
             * Properties of a Vault.
             * @deprecated Use holdfast.config.v1.Vault.$Properties instead.
             */
            interface IVault extends holdfast.config.v1.Vault.$Properties {
            }

            /** Represents a Vault. */
            class Vault {

                /**
                 * Constructs a new Vault.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Vault.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Vault id. */
                id: Uint8Array;

                /** Vault created_at. */
                created_at: number;

                /** Vault updated_at. */
                updated_at: number;

                /** Vault tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Vault name. */
                name?: (string|null);

                /** Vault prefix. */
                prefix?: (string|null);

                /** Vault description. */
                description?: (string|null);

                /** Vault config. */
                config: Uint8Array;

                /**
                 * Encodes the specified Vault message. Does not implicitly {@link holdfast.config.v1.Vault.verify|verify} messages.
                 * @param message Vault message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Vault.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Vault message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Vault & holdfast.config.v1.Vault.$Shape} Vault
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Vault & holdfast.config.v1.Vault.$Shape;
            }

            namespace Vault {

                /** Properties of a Vault. */
                interface $Properties {

                    /** Vault id */
                    id?: (Uint8Array|null);

                    /** Vault created_at */
                    created_at?: (number|null);

                    /** Vault updated_at */
                    updated_at?: (number|null);

                    /** Vault tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Vault name */
                    name?: (string|null);

                    /** Vault prefix */
                    prefix?: (string|null);

                    /** Vault description */
                    description?: (string|null);

                    /** Vault config */
                    config?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Vault. */
                type $Shape = holdfast.config.v1.Vault.$Properties;
            }

            /**
             * Properties of a KeySet.
             * @deprecated Use holdfast.config.v1.KeySet.$Properties instead.
             */
            interface IKeySet extends holdfast.config.v1.KeySet.$Properties {
            }

            /** Represents a KeySet. */
            class KeySet {

                /**
                 * Constructs a new KeySet.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.KeySet.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** KeySet id. */
                id: Uint8Array;

                /** KeySet created_at. */
                created_at: number;

                /** KeySet updated_at. */
                updated_at: number;

                /** KeySet tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** KeySet name. */
                name?: (string|null);

                /**
                 * Encodes the specified KeySet message. Does not implicitly {@link holdfast.config.v1.KeySet.verify|verify} messages.
                 * @param message KeySet message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.KeySet.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a KeySet message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.KeySet & holdfast.config.v1.KeySet.$Shape} KeySet
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.KeySet & holdfast.config.v1.KeySet.$Shape;
            }

            namespace KeySet {

                /** Properties of a KeySet. */
                interface $Properties {

                    /** KeySet id */
                    id?: (Uint8Array|null);

                    /** KeySet created_at */
                    created_at?: (number|null);

                    /** KeySet updated_at */
                    updated_at?: (number|null);

                    /** KeySet tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** KeySet name */
                    name?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a KeySet. */
                type $Shape = holdfast.config.v1.KeySet.$Properties;
            }

            /**
             * Properties of a Key.
             * @deprecated Use holdfast.config.v1.Key.$Properties instead.
             */
            interface IKey extends holdfast.config.v1.Key.$Properties {
            }

            /** Represents a Key. */
            class Key {

                /**
                 * Constructs a new Key.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Key.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Key id. */
                id: Uint8Array;

                /** Key created_at. */
                created_at: number;

                /** Key updated_at. */
                updated_at: number;

                /** Key tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Key set. */
                set: Uint8Array;

                /** Key name. */
                name?: (string|null);

                /** Key kid. */
                kid?: (string|null);

                /** Key jwk_sealed. */
                jwk_sealed: Uint8Array;

                /** Key pem. */
                pem?: (holdfast.config.v1.Key.Pem.$Properties|null);

                /**
                 * Encodes the specified Key message. Does not implicitly {@link holdfast.config.v1.Key.verify|verify} messages.
                 * @param message Key message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Key.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Key message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Key & holdfast.config.v1.Key.$Shape} Key
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Key & holdfast.config.v1.Key.$Shape;
            }

            namespace Key {

                /** Properties of a Key. */
                interface $Properties {

                    /** Key id */
                    id?: (Uint8Array|null);

                    /** Key created_at */
                    created_at?: (number|null);

                    /** Key updated_at */
                    updated_at?: (number|null);

                    /** Key tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Key set */
                    set?: (Uint8Array|null);

                    /** Key name */
                    name?: (string|null);

                    /** Key kid */
                    kid?: (string|null);

                    /** Key jwk_sealed */
                    jwk_sealed?: (Uint8Array|null);

                    /** Key pem */
                    pem?: (holdfast.config.v1.Key.Pem.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Key. */
                type $Shape = holdfast.config.v1.Key.$Properties;

                /**
                 * Properties of a Pem.
                 * @deprecated Use holdfast.config.v1.Key.Pem.$Properties instead.
                 */
                interface IPem extends holdfast.config.v1.Key.Pem.$Properties {
                }

                /** Represents a Pem. */
                class Pem {

                    /**
                     * Constructs a new Pem.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Key.Pem.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Pem private_key_sealed. */
                    private_key_sealed: Uint8Array;

                    /** Pem public_key. */
                    public_key?: (string|null);

                    /**
                     * Encodes the specified Pem message. Does not implicitly {@link holdfast.config.v1.Key.Pem.verify|verify} messages.
                     * @param message Pem message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Key.Pem.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a Pem message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Key.Pem & holdfast.config.v1.Key.Pem.$Shape} Pem
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Key.Pem & holdfast.config.v1.Key.Pem.$Shape;
                }

                namespace Pem {

                    /** Properties of a Pem. */
                    interface $Properties {

                        /** Pem private_key_sealed */
                        private_key_sealed?: (Uint8Array|null);

                        /** Pem public_key */
                        public_key?: (string|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a Pem. */
                    type $Shape = holdfast.config.v1.Key.Pem.$Properties;
                }
            }

            /**
             * Properties of a CaCertificate.
             * @deprecated Use holdfast.config.v1.CaCertificate.$Properties instead.
             */
            interface ICaCertificate extends holdfast.config.v1.CaCertificate.$Properties {
            }

            /** Represents a CaCertificate. */
            class CaCertificate {

                /**
                 * Constructs a new CaCertificate.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.CaCertificate.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** CaCertificate id. */
                id: Uint8Array;

                /** CaCertificate created_at. */
                created_at: number;

                /** CaCertificate updated_at. */
                updated_at: number;

                /** CaCertificate tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** CaCertificate cert. */
                cert?: (string|null);

                /** CaCertificate cert_digest. */
                cert_digest?: (string|null);

                /**
                 * Encodes the specified CaCertificate message. Does not implicitly {@link holdfast.config.v1.CaCertificate.verify|verify} messages.
                 * @param message CaCertificate message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.CaCertificate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a CaCertificate message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.CaCertificate & holdfast.config.v1.CaCertificate.$Shape} CaCertificate
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.CaCertificate & holdfast.config.v1.CaCertificate.$Shape;
            }

            namespace CaCertificate {

                /** Properties of a CaCertificate. */
                interface $Properties {

                    /** CaCertificate id */
                    id?: (Uint8Array|null);

                    /** CaCertificate created_at */
                    created_at?: (number|null);

                    /** CaCertificate updated_at */
                    updated_at?: (number|null);

                    /** CaCertificate tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** CaCertificate cert */
                    cert?: (string|null);

                    /** CaCertificate cert_digest */
                    cert_digest?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a CaCertificate. */
                type $Shape = holdfast.config.v1.CaCertificate.$Properties;
            }

            /**
             * Properties of a Certificate.
             * @deprecated Use holdfast.config.v1.Certificate.$Properties instead.
             */
            interface ICertificate extends holdfast.config.v1.Certificate.$Properties {
            }

            /** Represents a Certificate. */
            class Certificate {

                /**
                 * Constructs a new Certificate.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Certificate.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Certificate id. */
                id: Uint8Array;

                /** Certificate created_at. */
                created_at: number;

                /** Certificate updated_at. */
                updated_at: number;

                /** Certificate tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Certificate cert. */
                cert?: (string|null);

                /** Certificate key_sealed. */
                key_sealed: Uint8Array;

                /** Certificate cert_alt. */
                cert_alt?: (string|null);

                /** Certificate key_alt_sealed. */
                key_alt_sealed: Uint8Array;

                /**
                 * Encodes the specified Certificate message. Does not implicitly {@link holdfast.config.v1.Certificate.verify|verify} messages.
                 * @param message Certificate message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Certificate.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Certificate message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Certificate & holdfast.config.v1.Certificate.$Shape} Certificate
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Certificate & holdfast.config.v1.Certificate.$Shape;
            }

            namespace Certificate {

                /** Properties of a Certificate. */
                interface $Properties {

                    /** Certificate id */
                    id?: (Uint8Array|null);

                    /** Certificate created_at */
                    created_at?: (number|null);

                    /** Certificate updated_at */
                    updated_at?: (number|null);

                    /** Certificate tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Certificate cert */
                    cert?: (string|null);

                    /** Certificate key_sealed */
                    key_sealed?: (Uint8Array|null);

                    /** Certificate cert_alt */
                    cert_alt?: (string|null);

                    /** Certificate key_alt_sealed */
                    key_alt_sealed?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Certificate. */
                type $Shape = holdfast.config.v1.Certificate.$Properties;
            }

            /**
             * Properties of a Sni.
             * @deprecated Use holdfast.config.v1.Sni.$Properties instead.
             */
            interface ISni extends holdfast.config.v1.Sni.$Properties {
            }

            /** Represents a Sni. */
            class Sni {

                /**
                 * Constructs a new Sni.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Sni.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Sni id. */
                id: Uint8Array;

                /** Sni created_at. */
                created_at: number;

                /** Sni updated_at. */
                updated_at: number;

                /** Sni tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Sni name. */
                name?: (string|null);

                /** Sni certificate. */
                certificate: Uint8Array;

                /**
                 * Encodes the specified Sni message. Does not implicitly {@link holdfast.config.v1.Sni.verify|verify} messages.
                 * @param message Sni message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Sni.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Sni message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Sni & holdfast.config.v1.Sni.$Shape} Sni
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Sni & holdfast.config.v1.Sni.$Shape;
            }

            namespace Sni {

                /** Properties of a Sni. */
                interface $Properties {

                    /** Sni id */
                    id?: (Uint8Array|null);

                    /** Sni created_at */
                    created_at?: (number|null);

                    /** Sni updated_at */
                    updated_at?: (number|null);

                    /** Sni tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Sni name */
                    name?: (string|null);

                    /** Sni certificate */
                    certificate?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Sni. */
                type $Shape = holdfast.config.v1.Sni.$Properties;
            }

            /**
             * Properties of a Service.
             * @deprecated Use holdfast.config.v1.Service.$Properties instead.
             */
            interface IService extends holdfast.config.v1.Service.$Properties {
            }

            /** Represents a Service. */
            class Service {

                /**
                 * Constructs a new Service.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Service.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Service id. */
                id: Uint8Array;

                /** Service created_at. */
                created_at: number;

                /** Service updated_at. */
                updated_at: number;

                /** Service tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Service name. */
                name?: (string|null);

                /** Service protocol. */
                protocol?: (string|null);

                /** Service host. */
                host?: (string|null);

                /** Service port. */
                port?: (number|null);

                /** Service path. */
                path?: (string|null);

                /** Service retries. */
                retries?: (number|null);

                /** Service connect_timeout. */
                connect_timeout?: (number|null);

                /** Service write_timeout. */
                write_timeout?: (number|null);

                /** Service read_timeout. */
                read_timeout?: (number|null);

                /** Service enabled. */
                enabled?: (boolean|null);

                /** Service tls_verify. */
                tls_verify?: (boolean|null);

                /** Service tls_verify_depth. */
                tls_verify_depth?: (number|null);

                /** Service client_certificate. */
                client_certificate: Uint8Array;

                /** Service ca_certificates. */
                ca_certificates?: (holdfast.config.v1.BytesList.$Properties|null);

                /** Service proxy_protocol. */
                proxy_protocol?: (string|null);

                /** Service retry_on. */
                retry_on?: (holdfast.config.v1.StringList.$Properties|null);

                /** Service retry_statuses. */
                retry_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                /** Service retry_budget. */
                retry_budget?: (number|null);

                /**
                 * Encodes the specified Service message. Does not implicitly {@link holdfast.config.v1.Service.verify|verify} messages.
                 * @param message Service message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Service.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Service message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Service & holdfast.config.v1.Service.$Shape} Service
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Service & holdfast.config.v1.Service.$Shape;
            }

            namespace Service {

                /** Properties of a Service. */
                interface $Properties {

                    /** Service id */
                    id?: (Uint8Array|null);

                    /** Service created_at */
                    created_at?: (number|null);

                    /** Service updated_at */
                    updated_at?: (number|null);

                    /** Service tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Service name */
                    name?: (string|null);

                    /** Service protocol */
                    protocol?: (string|null);

                    /** Service host */
                    host?: (string|null);

                    /** Service port */
                    port?: (number|null);

                    /** Service path */
                    path?: (string|null);

                    /** Service retries */
                    retries?: (number|null);

                    /** Service connect_timeout */
                    connect_timeout?: (number|null);

                    /** Service write_timeout */
                    write_timeout?: (number|null);

                    /** Service read_timeout */
                    read_timeout?: (number|null);

                    /** Service enabled */
                    enabled?: (boolean|null);

                    /** Service tls_verify */
                    tls_verify?: (boolean|null);

                    /** Service tls_verify_depth */
                    tls_verify_depth?: (number|null);

                    /** Service client_certificate */
                    client_certificate?: (Uint8Array|null);

                    /** Service ca_certificates */
                    ca_certificates?: (holdfast.config.v1.BytesList.$Properties|null);

                    /** Service proxy_protocol */
                    proxy_protocol?: (string|null);

                    /** Service retry_on */
                    retry_on?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Service retry_statuses */
                    retry_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                    /** Service retry_budget */
                    retry_budget?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Service. */
                type $Shape = holdfast.config.v1.Service.$Properties;
            }

            /**
             * Properties of a Consumer.
             * @deprecated Use holdfast.config.v1.Consumer.$Properties instead.
             */
            interface IConsumer extends holdfast.config.v1.Consumer.$Properties {
            }

            /** Represents a Consumer. */
            class Consumer {

                /**
                 * Constructs a new Consumer.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Consumer.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Consumer id. */
                id: Uint8Array;

                /** Consumer created_at. */
                created_at: number;

                /** Consumer updated_at. */
                updated_at: number;

                /** Consumer tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Consumer username. */
                username?: (string|null);

                /** Consumer custom_id. */
                custom_id?: (string|null);

                /**
                 * Encodes the specified Consumer message. Does not implicitly {@link holdfast.config.v1.Consumer.verify|verify} messages.
                 * @param message Consumer message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Consumer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Consumer message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Consumer & holdfast.config.v1.Consumer.$Shape} Consumer
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Consumer & holdfast.config.v1.Consumer.$Shape;
            }

            namespace Consumer {

                /** Properties of a Consumer. */
                interface $Properties {

                    /** Consumer id */
                    id?: (Uint8Array|null);

                    /** Consumer created_at */
                    created_at?: (number|null);

                    /** Consumer updated_at */
                    updated_at?: (number|null);

                    /** Consumer tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Consumer username */
                    username?: (string|null);

                    /** Consumer custom_id */
                    custom_id?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Consumer. */
                type $Shape = holdfast.config.v1.Consumer.$Properties;
            }

            /**
             * Properties of a ConsumerGroup.
             * @deprecated Use holdfast.config.v1.ConsumerGroup.$Properties instead.
             */
            interface IConsumerGroup extends holdfast.config.v1.ConsumerGroup.$Properties {
            }

            /** Represents a ConsumerGroup. */
            class ConsumerGroup {

                /**
                 * Constructs a new ConsumerGroup.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.ConsumerGroup.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ConsumerGroup id. */
                id: Uint8Array;

                /** ConsumerGroup created_at. */
                created_at: number;

                /** ConsumerGroup updated_at. */
                updated_at: number;

                /** ConsumerGroup tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** ConsumerGroup name. */
                name?: (string|null);

                /**
                 * Encodes the specified ConsumerGroup message. Does not implicitly {@link holdfast.config.v1.ConsumerGroup.verify|verify} messages.
                 * @param message ConsumerGroup message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.ConsumerGroup.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ConsumerGroup message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.ConsumerGroup & holdfast.config.v1.ConsumerGroup.$Shape} ConsumerGroup
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.ConsumerGroup & holdfast.config.v1.ConsumerGroup.$Shape;
            }

            namespace ConsumerGroup {

                /** Properties of a ConsumerGroup. */
                interface $Properties {

                    /** ConsumerGroup id */
                    id?: (Uint8Array|null);

                    /** ConsumerGroup created_at */
                    created_at?: (number|null);

                    /** ConsumerGroup updated_at */
                    updated_at?: (number|null);

                    /** ConsumerGroup tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** ConsumerGroup name */
                    name?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ConsumerGroup. */
                type $Shape = holdfast.config.v1.ConsumerGroup.$Properties;
            }

            /**
             * Properties of a ConsumerGroupMember.
             * @deprecated Use holdfast.config.v1.ConsumerGroupMember.$Properties instead.
             */
            interface IConsumerGroupMember extends holdfast.config.v1.ConsumerGroupMember.$Properties {
            }

            /** Represents a ConsumerGroupMember. */
            class ConsumerGroupMember {

                /**
                 * Constructs a new ConsumerGroupMember.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.ConsumerGroupMember.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** ConsumerGroupMember id. */
                id: Uint8Array;

                /** ConsumerGroupMember created_at. */
                created_at: number;

                /** ConsumerGroupMember updated_at. */
                updated_at: number;

                /** ConsumerGroupMember tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** ConsumerGroupMember consumer. */
                consumer: Uint8Array;

                /** ConsumerGroupMember consumer_group. */
                consumer_group: Uint8Array;

                /**
                 * Encodes the specified ConsumerGroupMember message. Does not implicitly {@link holdfast.config.v1.ConsumerGroupMember.verify|verify} messages.
                 * @param message ConsumerGroupMember message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.ConsumerGroupMember.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a ConsumerGroupMember message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.ConsumerGroupMember & holdfast.config.v1.ConsumerGroupMember.$Shape} ConsumerGroupMember
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.ConsumerGroupMember & holdfast.config.v1.ConsumerGroupMember.$Shape;
            }

            namespace ConsumerGroupMember {

                /** Properties of a ConsumerGroupMember. */
                interface $Properties {

                    /** ConsumerGroupMember id */
                    id?: (Uint8Array|null);

                    /** ConsumerGroupMember created_at */
                    created_at?: (number|null);

                    /** ConsumerGroupMember updated_at */
                    updated_at?: (number|null);

                    /** ConsumerGroupMember tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** ConsumerGroupMember consumer */
                    consumer?: (Uint8Array|null);

                    /** ConsumerGroupMember consumer_group */
                    consumer_group?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a ConsumerGroupMember. */
                type $Shape = holdfast.config.v1.ConsumerGroupMember.$Properties;
            }

            /**
             * Properties of an Upstream.
             * @deprecated Use holdfast.config.v1.Upstream.$Properties instead.
             */
            interface IUpstream extends holdfast.config.v1.Upstream.$Properties {
            }

            /** Represents an Upstream. */
            class Upstream {

                /**
                 * Constructs a new Upstream.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Upstream.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Upstream id. */
                id: Uint8Array;

                /** Upstream created_at. */
                created_at: number;

                /** Upstream updated_at. */
                updated_at: number;

                /** Upstream tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Upstream name. */
                name?: (string|null);

                /** Upstream algorithm. */
                algorithm?: (string|null);

                /** Upstream hash_on. */
                hash_on?: (string|null);

                /** Upstream hash_fallback. */
                hash_fallback?: (string|null);

                /** Upstream hash_on_header. */
                hash_on_header?: (string|null);

                /** Upstream hash_fallback_header. */
                hash_fallback_header?: (string|null);

                /** Upstream hash_on_cookie. */
                hash_on_cookie?: (string|null);

                /** Upstream hash_on_cookie_path. */
                hash_on_cookie_path?: (string|null);

                /** Upstream hash_on_query_arg. */
                hash_on_query_arg?: (string|null);

                /** Upstream hash_fallback_query_arg. */
                hash_fallback_query_arg?: (string|null);

                /** Upstream hash_on_uri_capture. */
                hash_on_uri_capture?: (string|null);

                /** Upstream hash_fallback_uri_capture. */
                hash_fallback_uri_capture?: (string|null);

                /** Upstream slots. */
                slots?: (number|null);

                /** Upstream healthchecks. */
                healthchecks?: (holdfast.config.v1.Upstream.Healthchecks.$Properties|null);

                /** Upstream host_header. */
                host_header?: (string|null);

                /** Upstream client_certificate. */
                client_certificate: Uint8Array;

                /** Upstream use_srv_name. */
                use_srv_name?: (boolean|null);

                /** Upstream sticky_sessions_cookie. */
                sticky_sessions_cookie?: (string|null);

                /** Upstream sticky_sessions_cookie_path. */
                sticky_sessions_cookie_path?: (string|null);

                /** Upstream max_connections. */
                max_connections?: (number|null);

                /** Upstream max_pending_requests. */
                max_pending_requests?: (number|null);

                /** Upstream outlier_detection. */
                outlier_detection?: (holdfast.config.v1.Upstream.OutlierDetection.$Properties|null);

                /** Upstream slow_start. */
                slow_start?: (number|null);

                /**
                 * Encodes the specified Upstream message. Does not implicitly {@link holdfast.config.v1.Upstream.verify|verify} messages.
                 * @param message Upstream message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Upstream.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Upstream message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Upstream & holdfast.config.v1.Upstream.$Shape} Upstream
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream & holdfast.config.v1.Upstream.$Shape;
            }

            namespace Upstream {

                /** Properties of an Upstream. */
                interface $Properties {

                    /** Upstream id */
                    id?: (Uint8Array|null);

                    /** Upstream created_at */
                    created_at?: (number|null);

                    /** Upstream updated_at */
                    updated_at?: (number|null);

                    /** Upstream tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Upstream name */
                    name?: (string|null);

                    /** Upstream algorithm */
                    algorithm?: (string|null);

                    /** Upstream hash_on */
                    hash_on?: (string|null);

                    /** Upstream hash_fallback */
                    hash_fallback?: (string|null);

                    /** Upstream hash_on_header */
                    hash_on_header?: (string|null);

                    /** Upstream hash_fallback_header */
                    hash_fallback_header?: (string|null);

                    /** Upstream hash_on_cookie */
                    hash_on_cookie?: (string|null);

                    /** Upstream hash_on_cookie_path */
                    hash_on_cookie_path?: (string|null);

                    /** Upstream hash_on_query_arg */
                    hash_on_query_arg?: (string|null);

                    /** Upstream hash_fallback_query_arg */
                    hash_fallback_query_arg?: (string|null);

                    /** Upstream hash_on_uri_capture */
                    hash_on_uri_capture?: (string|null);

                    /** Upstream hash_fallback_uri_capture */
                    hash_fallback_uri_capture?: (string|null);

                    /** Upstream slots */
                    slots?: (number|null);

                    /** Upstream healthchecks */
                    healthchecks?: (holdfast.config.v1.Upstream.Healthchecks.$Properties|null);

                    /** Upstream host_header */
                    host_header?: (string|null);

                    /** Upstream client_certificate */
                    client_certificate?: (Uint8Array|null);

                    /** Upstream use_srv_name */
                    use_srv_name?: (boolean|null);

                    /** Upstream sticky_sessions_cookie */
                    sticky_sessions_cookie?: (string|null);

                    /** Upstream sticky_sessions_cookie_path */
                    sticky_sessions_cookie_path?: (string|null);

                    /** Upstream max_connections */
                    max_connections?: (number|null);

                    /** Upstream max_pending_requests */
                    max_pending_requests?: (number|null);

                    /** Upstream outlier_detection */
                    outlier_detection?: (holdfast.config.v1.Upstream.OutlierDetection.$Properties|null);

                    /** Upstream slow_start */
                    slow_start?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Upstream. */
                type $Shape = holdfast.config.v1.Upstream.$Properties;

                /**
                 * Properties of a Healthchecks.
                 * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.$Properties instead.
                 */
                interface IHealthchecks extends holdfast.config.v1.Upstream.Healthchecks.$Properties {
                }

                /** Represents a Healthchecks. */
                class Healthchecks {

                    /**
                     * Constructs a new Healthchecks.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Healthchecks active. */
                    active?: (holdfast.config.v1.Upstream.Healthchecks.Active.$Properties|null);

                    /** Healthchecks passive. */
                    passive?: (holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties|null);

                    /** Healthchecks threshold. */
                    threshold?: (number|null);

                    /**
                     * Encodes the specified Healthchecks message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.verify|verify} messages.
                     * @param message Healthchecks message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Upstream.Healthchecks.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a Healthchecks message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Upstream.Healthchecks & holdfast.config.v1.Upstream.Healthchecks.$Shape} Healthchecks
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks & holdfast.config.v1.Upstream.Healthchecks.$Shape;
                }

                namespace Healthchecks {

                    /** Properties of a Healthchecks. */
                    interface $Properties {

                        /** Healthchecks active */
                        active?: (holdfast.config.v1.Upstream.Healthchecks.Active.$Properties|null);

                        /** Healthchecks passive */
                        passive?: (holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties|null);

                        /** Healthchecks threshold */
                        threshold?: (number|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a Healthchecks. */
                    type $Shape = holdfast.config.v1.Upstream.Healthchecks.$Properties;

                    /**
                     * Properties of an Active.
                     * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.Active.$Properties instead.
                     */
                    interface IActive extends holdfast.config.v1.Upstream.Healthchecks.Active.$Properties {
                    }

                    /** Represents an Active. */
                    class Active {

                        /**
                         * Constructs a new Active.
                         * @param [properties] Properties to set
                         */
                        constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.Active.$Properties);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];

                        /** Active type. */
                        type?: (string|null);

                        /** Active timeout. */
                        timeout?: (number|null);

                        /** Active concurrency. */
                        concurrency?: (number|null);

                        /** Active http_path. */
                        http_path?: (string|null);

                        /** Active https_sni. */
                        https_sni?: (string|null);

                        /** Active https_verify_certificate. */
                        https_verify_certificate?: (boolean|null);

                        /** Active headers. */
                        headers?: (holdfast.config.v1.StringListMap.$Properties|null);

                        /** Active healthy. */
                        healthy?: (holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties|null);

                        /** Active unhealthy. */
                        unhealthy?: (holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties|null);

                        /**
                         * Encodes the specified Active message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.Active.verify|verify} messages.
                         * @param message Active message or plain object to encode
                         * @param [writer] Writer to encode to
                         * @returns Writer
                         */
                        static encode(message: holdfast.config.v1.Upstream.Healthchecks.Active.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                        /**
                         * Decodes an Active message from the specified reader or buffer.
                         * @param reader Reader or buffer to decode from
                         * @param [length] Message length if known beforehand
                         * @returns {holdfast.config.v1.Upstream.Healthchecks.Active & holdfast.config.v1.Upstream.Healthchecks.Active.$Shape} Active
                         * @throws {Error} If the payload is not a reader or valid buffer
                         * @throws {$protobuf.util.ProtocolError} If required fields are missing
                         */
                        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks.Active & holdfast.config.v1.Upstream.Healthchecks.Active.$Shape;
                    }

                    namespace Active {

                        /** Properties of an Active. */
                        interface $Properties {

                            /** Active type */
                            type?: (string|null);

                            /** Active timeout */
                            timeout?: (number|null);

                            /** Active concurrency */
                            concurrency?: (number|null);

                            /** Active http_path */
                            http_path?: (string|null);

                            /** Active https_sni */
                            https_sni?: (string|null);

                            /** Active https_verify_certificate */
                            https_verify_certificate?: (boolean|null);

                            /** Active headers */
                            headers?: (holdfast.config.v1.StringListMap.$Properties|null);

                            /** Active healthy */
                            healthy?: (holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties|null);

                            /** Active unhealthy */
                            unhealthy?: (holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties|null);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];
                        }

                        /** Shape of an Active. */
                        type $Shape = holdfast.config.v1.Upstream.Healthchecks.Active.$Properties;

                        /**
                         * Properties of a Healthy.
                         * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties instead.
                         */
                        interface IHealthy extends holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties {
                        }

                        /** Represents a Healthy. */
                        class Healthy {

                            /**
                             * Constructs a new Healthy.
                             * @param [properties] Properties to set
                             */
                            constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];

                            /** Healthy interval. */
                            interval?: (number|null);

                            /** Healthy http_statuses. */
                            http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                            /** Healthy successes. */
                            successes?: (number|null);

                            /**
                             * Encodes the specified Healthy message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.verify|verify} messages.
                             * @param message Healthy message or plain object to encode
                             * @param [writer] Writer to encode to
                             * @returns Writer
                             */
                            static encode(message: holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                            /**
                             * Decodes a Healthy message from the specified reader or buffer.
                             * @param reader Reader or buffer to decode from
                             * @param [length] Message length if known beforehand
                             * @returns {holdfast.config.v1.Upstream.Healthchecks.Active.Healthy & holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Shape} Healthy
                             * @throws {Error} If the payload is not a reader or valid buffer
                             * @throws {$protobuf.util.ProtocolError} If required fields are missing
                             */
                            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks.Active.Healthy & holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Shape;
                        }

                        namespace Healthy {

                            /** Properties of a Healthy. */
                            interface $Properties {

                                /** Healthy interval */
                                interval?: (number|null);

                                /** Healthy http_statuses */
                                http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                                /** Healthy successes */
                                successes?: (number|null);

                                /** Unknown fields preserved while decoding when enabled */
                                $unknowns?: Uint8Array[];
                            }

                            /** Shape of a Healthy. */
                            type $Shape = holdfast.config.v1.Upstream.Healthchecks.Active.Healthy.$Properties;
                        }

                        /**
                         * Properties of an Unhealthy.
                         * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties instead.
                         */
                        interface IUnhealthy extends holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties {
                        }

                        /** Represents an Unhealthy. */
                        class Unhealthy {

                            /**
                             * Constructs a new Unhealthy.
                             * @param [properties] Properties to set
                             */
                            constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];

                            /** Unhealthy interval. */
                            interval?: (number|null);

                            /** Unhealthy http_statuses. */
                            http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                            /** Unhealthy tcp_failures. */
                            tcp_failures?: (number|null);

                            /** Unhealthy timeouts. */
                            timeouts?: (number|null);

                            /** Unhealthy http_failures. */
                            http_failures?: (number|null);

                            /**
                             * Encodes the specified Unhealthy message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.verify|verify} messages.
                             * @param message Unhealthy message or plain object to encode
                             * @param [writer] Writer to encode to
                             * @returns Writer
                             */
                            static encode(message: holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                            /**
                             * Decodes an Unhealthy message from the specified reader or buffer.
                             * @param reader Reader or buffer to decode from
                             * @param [length] Message length if known beforehand
                             * @returns {holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy & holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Shape} Unhealthy
                             * @throws {Error} If the payload is not a reader or valid buffer
                             * @throws {$protobuf.util.ProtocolError} If required fields are missing
                             */
                            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy & holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Shape;
                        }

                        namespace Unhealthy {

                            /** Properties of an Unhealthy. */
                            interface $Properties {

                                /** Unhealthy interval */
                                interval?: (number|null);

                                /** Unhealthy http_statuses */
                                http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                                /** Unhealthy tcp_failures */
                                tcp_failures?: (number|null);

                                /** Unhealthy timeouts */
                                timeouts?: (number|null);

                                /** Unhealthy http_failures */
                                http_failures?: (number|null);

                                /** Unknown fields preserved while decoding when enabled */
                                $unknowns?: Uint8Array[];
                            }

                            /** Shape of an Unhealthy. */
                            type $Shape = holdfast.config.v1.Upstream.Healthchecks.Active.Unhealthy.$Properties;
                        }
                    }

                    /**
                     * Properties of a Passive.
                     * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties instead.
                     */
                    interface IPassive extends holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties {
                    }

                    /** Represents a Passive. */
                    class Passive {

                        /**
                         * Constructs a new Passive.
                         * @param [properties] Properties to set
                         */
                        constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];

                        /** Passive type. */
                        type?: (string|null);

                        /** Passive healthy. */
                        healthy?: (holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties|null);

                        /** Passive unhealthy. */
                        unhealthy?: (holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties|null);

                        /**
                         * Encodes the specified Passive message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.Passive.verify|verify} messages.
                         * @param message Passive message or plain object to encode
                         * @param [writer] Writer to encode to
                         * @returns Writer
                         */
                        static encode(message: holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                        /**
                         * Decodes a Passive message from the specified reader or buffer.
                         * @param reader Reader or buffer to decode from
                         * @param [length] Message length if known beforehand
                         * @returns {holdfast.config.v1.Upstream.Healthchecks.Passive & holdfast.config.v1.Upstream.Healthchecks.Passive.$Shape} Passive
                         * @throws {Error} If the payload is not a reader or valid buffer
                         * @throws {$protobuf.util.ProtocolError} If required fields are missing
                         */
                        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks.Passive & holdfast.config.v1.Upstream.Healthchecks.Passive.$Shape;
                    }

                    namespace Passive {

                        /** Properties of a Passive. */
                        interface $Properties {

                            /** Passive type */
                            type?: (string|null);

                            /** Passive healthy */
                            healthy?: (holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties|null);

                            /** Passive unhealthy */
                            unhealthy?: (holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties|null);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];
                        }

                        /** Shape of a Passive. */
                        type $Shape = holdfast.config.v1.Upstream.Healthchecks.Passive.$Properties;

                        /**
                         * Properties of a Healthy.
                         * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties instead.
                         */
                        interface IHealthy extends holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties {
                        }

                        /** Represents a Healthy. */
                        class Healthy {

                            /**
                             * Constructs a new Healthy.
                             * @param [properties] Properties to set
                             */
                            constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];

                            /** Healthy http_statuses. */
                            http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                            /** Healthy successes. */
                            successes?: (number|null);

                            /**
                             * Encodes the specified Healthy message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.verify|verify} messages.
                             * @param message Healthy message or plain object to encode
                             * @param [writer] Writer to encode to
                             * @returns Writer
                             */
                            static encode(message: holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                            /**
                             * Decodes a Healthy message from the specified reader or buffer.
                             * @param reader Reader or buffer to decode from
                             * @param [length] Message length if known beforehand
                             * @returns {holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy & holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Shape} Healthy
                             * @throws {Error} If the payload is not a reader or valid buffer
                             * @throws {$protobuf.util.ProtocolError} If required fields are missing
                             */
                            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy & holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Shape;
                        }

                        namespace Healthy {

                            /** Properties of a Healthy. */
                            interface $Properties {

                                /** Healthy http_statuses */
                                http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                                /** Healthy successes */
                                successes?: (number|null);

                                /** Unknown fields preserved while decoding when enabled */
                                $unknowns?: Uint8Array[];
                            }

                            /** Shape of a Healthy. */
                            type $Shape = holdfast.config.v1.Upstream.Healthchecks.Passive.Healthy.$Properties;
                        }

                        /**
                         * Properties of an Unhealthy.
                         * @deprecated Use holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties instead.
                         */
                        interface IUnhealthy extends holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties {
                        }

                        /** Represents an Unhealthy. */
                        class Unhealthy {

                            /**
                             * Constructs a new Unhealthy.
                             * @param [properties] Properties to set
                             */
                            constructor(properties?: holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];

                            /** Unhealthy http_statuses. */
                            http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                            /** Unhealthy tcp_failures. */
                            tcp_failures?: (number|null);

                            /** Unhealthy timeouts. */
                            timeouts?: (number|null);

                            /** Unhealthy http_failures. */
                            http_failures?: (number|null);

                            /**
                             * Encodes the specified Unhealthy message. Does not implicitly {@link holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.verify|verify} messages.
                             * @param message Unhealthy message or plain object to encode
                             * @param [writer] Writer to encode to
                             * @returns Writer
                             */
                            static encode(message: holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                            /**
                             * Decodes an Unhealthy message from the specified reader or buffer.
                             * @param reader Reader or buffer to decode from
                             * @param [length] Message length if known beforehand
                             * @returns {holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy & holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Shape} Unhealthy
                             * @throws {Error} If the payload is not a reader or valid buffer
                             * @throws {$protobuf.util.ProtocolError} If required fields are missing
                             */
                            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy & holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Shape;
                        }

                        namespace Unhealthy {

                            /** Properties of an Unhealthy. */
                            interface $Properties {

                                /** Unhealthy http_statuses */
                                http_statuses?: (holdfast.config.v1.IntegerList.$Properties|null);

                                /** Unhealthy tcp_failures */
                                tcp_failures?: (number|null);

                                /** Unhealthy timeouts */
                                timeouts?: (number|null);

                                /** Unhealthy http_failures */
                                http_failures?: (number|null);

                                /** Unknown fields preserved while decoding when enabled */
                                $unknowns?: Uint8Array[];
                            }

                            /** Shape of an Unhealthy. */
                            type $Shape = holdfast.config.v1.Upstream.Healthchecks.Passive.Unhealthy.$Properties;
                        }
                    }
                }

                /**
                 * Properties of an OutlierDetection.
                 * @deprecated Use holdfast.config.v1.Upstream.OutlierDetection.$Properties instead.
                 */
                interface IOutlierDetection extends holdfast.config.v1.Upstream.OutlierDetection.$Properties {
                }

                /** Represents an OutlierDetection. */
                class OutlierDetection {

                    /**
                     * Constructs a new OutlierDetection.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Upstream.OutlierDetection.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** OutlierDetection consecutive_failures. */
                    consecutive_failures?: (number|null);

                    /** OutlierDetection base_ejection_time. */
                    base_ejection_time?: (number|null);

                    /** OutlierDetection max_ejected_percent. */
                    max_ejected_percent?: (number|null);

                    /**
                     * Encodes the specified OutlierDetection message. Does not implicitly {@link holdfast.config.v1.Upstream.OutlierDetection.verify|verify} messages.
                     * @param message OutlierDetection message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Upstream.OutlierDetection.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes an OutlierDetection message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Upstream.OutlierDetection & holdfast.config.v1.Upstream.OutlierDetection.$Shape} OutlierDetection
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Upstream.OutlierDetection & holdfast.config.v1.Upstream.OutlierDetection.$Shape;
                }

                namespace OutlierDetection {

                    /** Properties of an OutlierDetection. */
                    interface $Properties {

                        /** OutlierDetection consecutive_failures */
                        consecutive_failures?: (number|null);

                        /** OutlierDetection base_ejection_time */
                        base_ejection_time?: (number|null);

                        /** OutlierDetection max_ejected_percent */
                        max_ejected_percent?: (number|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of an OutlierDetection. */
                    type $Shape = holdfast.config.v1.Upstream.OutlierDetection.$Properties;
                }
            }

            /**
             * Properties of a Route.
             * @deprecated Use holdfast.config.v1.Route.$Properties instead.
             */
            interface IRoute extends holdfast.config.v1.Route.$Properties {
            }

            /** Represents a Route. */
            class Route {

                /**
                 * Constructs a new Route.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Route.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Route id. */
                id: Uint8Array;

                /** Route created_at. */
                created_at: number;

                /** Route updated_at. */
                updated_at: number;

                /** Route tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Route name. */
                name?: (string|null);

                /** Route protocols. */
                protocols?: (holdfast.config.v1.StringList.$Properties|null);

                /** Route methods. */
                methods?: (holdfast.config.v1.StringList.$Properties|null);

                /** Route hosts. */
                hosts?: (holdfast.config.v1.StringList.$Properties|null);

                /** Route paths. */
                paths?: (holdfast.config.v1.StringList.$Properties|null);

                /** Route headers. */
                headers?: (holdfast.config.v1.StringListMap.$Properties|null);

                /** Route snis. */
                snis?: (holdfast.config.v1.StringList.$Properties|null);

                /** Route sources. */
                sources?: (holdfast.config.v1.Route.SourcesList.$Properties|null);

                /** Route destinations. */
                destinations?: (holdfast.config.v1.Route.DestinationsList.$Properties|null);

                /** Route https_redirect_status_code. */
                https_redirect_status_code?: (number|null);

                /** Route regex_priority. */
                regex_priority?: (number|null);

                /** Route strip_path. */
                strip_path?: (boolean|null);

                /** Route path_handling. */
                path_handling?: (string|null);

                /** Route preserve_host. */
                preserve_host?: (boolean|null);

                /** Route request_buffering. */
                request_buffering?: (boolean|null);

                /** Route response_buffering. */
                response_buffering?: (boolean|null);

                /** Route service. */
                service: Uint8Array;

                /** Route expression. */
                expression?: (string|null);

                /** Route priority. */
                priority?: (number|null);

                /**
                 * Encodes the specified Route message. Does not implicitly {@link holdfast.config.v1.Route.verify|verify} messages.
                 * @param message Route message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Route.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Route message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Route & holdfast.config.v1.Route.$Shape} Route
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Route & holdfast.config.v1.Route.$Shape;
            }

            namespace Route {

                /** Properties of a Route. */
                interface $Properties {

                    /** Route id */
                    id?: (Uint8Array|null);

                    /** Route created_at */
                    created_at?: (number|null);

                    /** Route updated_at */
                    updated_at?: (number|null);

                    /** Route tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Route name */
                    name?: (string|null);

                    /** Route protocols */
                    protocols?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Route methods */
                    methods?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Route hosts */
                    hosts?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Route paths */
                    paths?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Route headers */
                    headers?: (holdfast.config.v1.StringListMap.$Properties|null);

                    /** Route snis */
                    snis?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Route sources */
                    sources?: (holdfast.config.v1.Route.SourcesList.$Properties|null);

                    /** Route destinations */
                    destinations?: (holdfast.config.v1.Route.DestinationsList.$Properties|null);

                    /** Route https_redirect_status_code */
                    https_redirect_status_code?: (number|null);

                    /** Route regex_priority */
                    regex_priority?: (number|null);

                    /** Route strip_path */
                    strip_path?: (boolean|null);

                    /** Route path_handling */
                    path_handling?: (string|null);

                    /** Route preserve_host */
                    preserve_host?: (boolean|null);

                    /** Route request_buffering */
                    request_buffering?: (boolean|null);

                    /** Route response_buffering */
                    response_buffering?: (boolean|null);

                    /** Route service */
                    service?: (Uint8Array|null);

                    /** Route expression */
                    expression?: (string|null);

                    /** Route priority */
                    priority?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Route. */
                type $Shape = holdfast.config.v1.Route.$Properties;

                /**
                 * Properties of a Sources.
                 * @deprecated Use holdfast.config.v1.Route.Sources.$Properties instead.
                 */
                interface ISources extends holdfast.config.v1.Route.Sources.$Properties {
                }

                /** Represents a Sources. */
                class Sources {

                    /**
                     * Constructs a new Sources.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Route.Sources.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Sources ip. */
                    ip?: (string|null);

                    /** Sources port. */
                    port?: (number|null);

                    /**
                     * Encodes the specified Sources message. Does not implicitly {@link holdfast.config.v1.Route.Sources.verify|verify} messages.
                     * @param message Sources message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Route.Sources.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a Sources message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Route.Sources & holdfast.config.v1.Route.Sources.$Shape} Sources
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Route.Sources & holdfast.config.v1.Route.Sources.$Shape;
                }

                namespace Sources {

                    /** Properties of a Sources. */
                    interface $Properties {

                        /** Sources ip */
                        ip?: (string|null);

                        /** Sources port */
                        port?: (number|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a Sources. */
                    type $Shape = holdfast.config.v1.Route.Sources.$Properties;
                }

                /**
                 * Properties of a SourcesList.
                 * @deprecated Use holdfast.config.v1.Route.SourcesList.$Properties instead.
                 */
                interface ISourcesList extends holdfast.config.v1.Route.SourcesList.$Properties {
                }

                /** Represents a SourcesList. */
                class SourcesList {

                    /**
                     * Constructs a new SourcesList.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Route.SourcesList.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** SourcesList values. */
                    values: holdfast.config.v1.Route.Sources.$Properties[];

                    /**
                     * Encodes the specified SourcesList message. Does not implicitly {@link holdfast.config.v1.Route.SourcesList.verify|verify} messages.
                     * @param message SourcesList message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Route.SourcesList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a SourcesList message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Route.SourcesList & holdfast.config.v1.Route.SourcesList.$Shape} SourcesList
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Route.SourcesList & holdfast.config.v1.Route.SourcesList.$Shape;
                }

                namespace SourcesList {

                    /** Properties of a SourcesList. */
                    interface $Properties {

                        /** SourcesList values */
                        values?: (holdfast.config.v1.Route.Sources.$Properties[]|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a SourcesList. */
                    type $Shape = holdfast.config.v1.Route.SourcesList.$Properties;
                }

                /**
                 * Properties of a Destinations.
                 * @deprecated Use holdfast.config.v1.Route.Destinations.$Properties instead.
                 */
                interface IDestinations extends holdfast.config.v1.Route.Destinations.$Properties {
                }

                /** Represents a Destinations. */
                class Destinations {

                    /**
                     * Constructs a new Destinations.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Route.Destinations.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Destinations ip. */
                    ip?: (string|null);

                    /** Destinations port. */
                    port?: (number|null);

                    /**
                     * Encodes the specified Destinations message. Does not implicitly {@link holdfast.config.v1.Route.Destinations.verify|verify} messages.
                     * @param message Destinations message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Route.Destinations.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a Destinations message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Route.Destinations & holdfast.config.v1.Route.Destinations.$Shape} Destinations
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Route.Destinations & holdfast.config.v1.Route.Destinations.$Shape;
                }

                namespace Destinations {

                    /** Properties of a Destinations. */
                    interface $Properties {

                        /** Destinations ip */
                        ip?: (string|null);

                        /** Destinations port */
                        port?: (number|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a Destinations. */
                    type $Shape = holdfast.config.v1.Route.Destinations.$Properties;
                }

                /**
                 * Properties of a DestinationsList.
                 * @deprecated Use holdfast.config.v1.Route.DestinationsList.$Properties instead.
                 */
                interface IDestinationsList extends holdfast.config.v1.Route.DestinationsList.$Properties {
                }

                /** Represents a DestinationsList. */
                class DestinationsList {

                    /**
                     * Constructs a new DestinationsList.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Route.DestinationsList.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** DestinationsList values. */
                    values: holdfast.config.v1.Route.Destinations.$Properties[];

                    /**
                     * Encodes the specified DestinationsList message. Does not implicitly {@link holdfast.config.v1.Route.DestinationsList.verify|verify} messages.
                     * @param message DestinationsList message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Route.DestinationsList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a DestinationsList message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Route.DestinationsList & holdfast.config.v1.Route.DestinationsList.$Shape} DestinationsList
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Route.DestinationsList & holdfast.config.v1.Route.DestinationsList.$Shape;
                }

                namespace DestinationsList {

                    /** Properties of a DestinationsList. */
                    interface $Properties {

                        /** DestinationsList values */
                        values?: (holdfast.config.v1.Route.Destinations.$Properties[]|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a DestinationsList. */
                    type $Shape = holdfast.config.v1.Route.DestinationsList.$Properties;
                }
            }

            /**
             * Properties of a Target.
             * @deprecated Use holdfast.config.v1.Target.$Properties instead.
             */
            interface ITarget extends holdfast.config.v1.Target.$Properties {
            }

            /** Represents a Target. */
            class Target {

                /**
                 * Constructs a new Target.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Target.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Target id. */
                id: Uint8Array;

                /** Target created_at. */
                created_at: number;

                /** Target updated_at. */
                updated_at: number;

                /** Target tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Target upstream. */
                upstream: Uint8Array;

                /** Target target. */
                target?: (string|null);

                /** Target weight. */
                weight?: (number|null);

                /** Target failover. */
                failover?: (boolean|null);

                /** Target switches. */
                switches?: (holdfast.config.v1.Target.SwitchesList.$Properties|null);

                /**
                 * Encodes the specified Target message. Does not implicitly {@link holdfast.config.v1.Target.verify|verify} messages.
                 * @param message Target message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Target.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Target message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Target & holdfast.config.v1.Target.$Shape} Target
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Target & holdfast.config.v1.Target.$Shape;
            }

            namespace Target {

                /** Properties of a Target. */
                interface $Properties {

                    /** Target id */
                    id?: (Uint8Array|null);

                    /** Target created_at */
                    created_at?: (number|null);

                    /** Target updated_at */
                    updated_at?: (number|null);

                    /** Target tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Target upstream */
                    upstream?: (Uint8Array|null);

                    /** Target target */
                    target?: (string|null);

                    /** Target weight */
                    weight?: (number|null);

                    /** Target failover */
                    failover?: (boolean|null);

                    /** Target switches */
                    switches?: (holdfast.config.v1.Target.SwitchesList.$Properties|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Target. */
                type $Shape = holdfast.config.v1.Target.$Properties;

                /**
                 * Properties of a Switches.
                 * @deprecated Use holdfast.config.v1.Target.Switches.$Properties instead.
                 */
                interface ISwitches extends holdfast.config.v1.Target.Switches.$Properties {
                }

                /** Represents a Switches. */
                class Switches {

                    /**
                     * Constructs a new Switches.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Target.Switches.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Switches address. */
                    address?: (string|null);

                    /** Switches health. */
                    health?: (string|null);

                    /** Switches at. */
                    at?: (number|null);

                    /**
                     * Encodes the specified Switches message. Does not implicitly {@link holdfast.config.v1.Target.Switches.verify|verify} messages.
                     * @param message Switches message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Target.Switches.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a Switches message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Target.Switches & holdfast.config.v1.Target.Switches.$Shape} Switches
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Target.Switches & holdfast.config.v1.Target.Switches.$Shape;
                }

                namespace Switches {

                    /** Properties of a Switches. */
                    interface $Properties {

                        /** Switches address */
                        address?: (string|null);

                        /** Switches health */
                        health?: (string|null);

                        /** Switches at */
                        at?: (number|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a Switches. */
                    type $Shape = holdfast.config.v1.Target.Switches.$Properties;
                }

                /**
                 * Properties of a SwitchesList.
                 * @deprecated Use holdfast.config.v1.Target.SwitchesList.$Properties instead.
                 */
                interface ISwitchesList extends holdfast.config.v1.Target.SwitchesList.$Properties {
                }

                /** Represents a SwitchesList. */
                class SwitchesList {

                    /**
                     * Constructs a new SwitchesList.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Target.SwitchesList.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** SwitchesList values. */
                    values: holdfast.config.v1.Target.Switches.$Properties[];

                    /**
                     * Encodes the specified SwitchesList message. Does not implicitly {@link holdfast.config.v1.Target.SwitchesList.verify|verify} messages.
                     * @param message SwitchesList message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Target.SwitchesList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a SwitchesList message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Target.SwitchesList & holdfast.config.v1.Target.SwitchesList.$Shape} SwitchesList
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Target.SwitchesList & holdfast.config.v1.Target.SwitchesList.$Shape;
                }

                namespace SwitchesList {

                    /** Properties of a SwitchesList. */
                    interface $Properties {

                        /** SwitchesList values */
                        values?: (holdfast.config.v1.Target.Switches.$Properties[]|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a SwitchesList. */
                    type $Shape = holdfast.config.v1.Target.SwitchesList.$Properties;
                }
            }

            /**
             * Properties of a Partial.
             * @deprecated Use holdfast.config.v1.Partial.$Properties instead.
             */
            interface IPartial extends holdfast.config.v1.Partial.$Properties {
            }

            /** Represents a Partial. */
            class Partial {

                /**
                 * Constructs a new Partial.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Partial.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Partial id. */
                id: Uint8Array;

                /** Partial created_at. */
                created_at: number;

                /** Partial updated_at. */
                updated_at: number;

                /** Partial tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Partial name. */
                name?: (string|null);

                /** Partial type. */
                type?: (string|null);

                /** Partial config. */
                config: Uint8Array;

                /** Partial config_secrets_sealed. */
                config_secrets_sealed: Uint8Array;

                /**
                 * Encodes the specified Partial message. Does not implicitly {@link holdfast.config.v1.Partial.verify|verify} messages.
                 * @param message Partial message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Partial.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Partial message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Partial & holdfast.config.v1.Partial.$Shape} Partial
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Partial & holdfast.config.v1.Partial.$Shape;
            }

            namespace Partial {

                /** Properties of a Partial. */
                interface $Properties {

                    /** Partial id */
                    id?: (Uint8Array|null);

                    /** Partial created_at */
                    created_at?: (number|null);

                    /** Partial updated_at */
                    updated_at?: (number|null);

                    /** Partial tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Partial name */
                    name?: (string|null);

                    /** Partial type */
                    type?: (string|null);

                    /** Partial config */
                    config?: (Uint8Array|null);

                    /** Partial config_secrets_sealed */
                    config_secrets_sealed?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Partial. */
                type $Shape = holdfast.config.v1.Partial.$Properties;
            }

            /**
             * Properties of a Plugin.
             * @deprecated Use holdfast.config.v1.Plugin.$Properties instead.
             */
            interface IPlugin extends holdfast.config.v1.Plugin.$Properties {
            }

            /** Represents a Plugin. */
            class Plugin {

                /**
                 * Constructs a new Plugin.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Plugin.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Plugin id. */
                id: Uint8Array;

                /** Plugin created_at. */
                created_at: number;

                /** Plugin updated_at. */
                updated_at: number;

                /** Plugin tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Plugin name. */
                name?: (string|null);

                /** Plugin instance_name. */
                instance_name?: (string|null);

                /** Plugin config. */
                config: Uint8Array;

                /** Plugin service. */
                service: Uint8Array;

                /** Plugin route. */
                route: Uint8Array;

                /** Plugin consumer. */
                consumer: Uint8Array;

                /** Plugin protocols. */
                protocols?: (holdfast.config.v1.StringList.$Properties|null);

                /** Plugin enabled. */
                enabled?: (boolean|null);

                /** Plugin partials. */
                partials?: (holdfast.config.v1.Plugin.PartialsList.$Properties|null);

                /** Plugin consumer_group. */
                consumer_group: Uint8Array;

                /** Plugin condition. */
                condition?: (string|null);

                /** Plugin ordering. */
                ordering?: (holdfast.config.v1.Plugin.Ordering.$Properties|null);

                /** Plugin config_secrets_sealed. */
                config_secrets_sealed: Uint8Array;

                /** Plugin version. */
                version?: (string|null);

                /**
                 * Encodes the specified Plugin message. Does not implicitly {@link holdfast.config.v1.Plugin.verify|verify} messages.
                 * @param message Plugin message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Plugin.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a Plugin message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Plugin & holdfast.config.v1.Plugin.$Shape} Plugin
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Plugin & holdfast.config.v1.Plugin.$Shape;
            }

            namespace Plugin {

                /** Properties of a Plugin. */
                interface $Properties {

                    /** Plugin id */
                    id?: (Uint8Array|null);

                    /** Plugin created_at */
                    created_at?: (number|null);

                    /** Plugin updated_at */
                    updated_at?: (number|null);

                    /** Plugin tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Plugin name */
                    name?: (string|null);

                    /** Plugin instance_name */
                    instance_name?: (string|null);

                    /** Plugin config */
                    config?: (Uint8Array|null);

                    /** Plugin service */
                    service?: (Uint8Array|null);

                    /** Plugin route */
                    route?: (Uint8Array|null);

                    /** Plugin consumer */
                    consumer?: (Uint8Array|null);

                    /** Plugin protocols */
                    protocols?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Plugin enabled */
                    enabled?: (boolean|null);

                    /** Plugin partials */
                    partials?: (holdfast.config.v1.Plugin.PartialsList.$Properties|null);

                    /** Plugin consumer_group */
                    consumer_group?: (Uint8Array|null);

                    /** Plugin condition */
                    condition?: (string|null);

                    /** Plugin ordering */
                    ordering?: (holdfast.config.v1.Plugin.Ordering.$Properties|null);

                    /** Plugin config_secrets_sealed */
                    config_secrets_sealed?: (Uint8Array|null);

                    /** Plugin version */
                    version?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a Plugin. */
                type $Shape = holdfast.config.v1.Plugin.$Properties;

                /**
                 * Properties of a Partials.
                 * @deprecated Use holdfast.config.v1.Plugin.Partials.$Properties instead.
                 */
                interface IPartials extends holdfast.config.v1.Plugin.Partials.$Properties {
                }

                /** Represents a Partials. */
                class Partials {

                    /**
                     * Constructs a new Partials.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Plugin.Partials.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Partials id. */
                    id: Uint8Array;

                    /** Partials path. */
                    path?: (string|null);

                    /**
                     * Encodes the specified Partials message. Does not implicitly {@link holdfast.config.v1.Plugin.Partials.verify|verify} messages.
                     * @param message Partials message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Plugin.Partials.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a Partials message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Plugin.Partials & holdfast.config.v1.Plugin.Partials.$Shape} Partials
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Plugin.Partials & holdfast.config.v1.Plugin.Partials.$Shape;
                }

                namespace Partials {

                    /** Properties of a Partials. */
                    interface $Properties {

                        /** Partials id */
                        id?: (Uint8Array|null);

                        /** Partials path */
                        path?: (string|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a Partials. */
                    type $Shape = holdfast.config.v1.Plugin.Partials.$Properties;
                }

                /**
                 * Properties of a PartialsList.
                 * @deprecated Use holdfast.config.v1.Plugin.PartialsList.$Properties instead.
                 */
                interface IPartialsList extends holdfast.config.v1.Plugin.PartialsList.$Properties {
                }

                /** Represents a PartialsList. */
                class PartialsList {

                    /**
                     * Constructs a new PartialsList.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Plugin.PartialsList.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** PartialsList values. */
                    values: holdfast.config.v1.Plugin.Partials.$Properties[];

                    /**
                     * Encodes the specified PartialsList message. Does not implicitly {@link holdfast.config.v1.Plugin.PartialsList.verify|verify} messages.
                     * @param message PartialsList message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Plugin.PartialsList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes a PartialsList message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Plugin.PartialsList & holdfast.config.v1.Plugin.PartialsList.$Shape} PartialsList
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Plugin.PartialsList & holdfast.config.v1.Plugin.PartialsList.$Shape;
                }

                namespace PartialsList {

                    /** Properties of a PartialsList. */
                    interface $Properties {

                        /** PartialsList values */
                        values?: (holdfast.config.v1.Plugin.Partials.$Properties[]|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of a PartialsList. */
                    type $Shape = holdfast.config.v1.Plugin.PartialsList.$Properties;
                }

                /**
                 * Properties of an Ordering.
                 * @deprecated Use holdfast.config.v1.Plugin.Ordering.$Properties instead.
                 */
                interface IOrdering extends holdfast.config.v1.Plugin.Ordering.$Properties {
                }

                /** Represents an Ordering. */
                class Ordering {

                    /**
                     * Constructs a new Ordering.
                     * @param [properties] Properties to set
                     */
                    constructor(properties?: holdfast.config.v1.Plugin.Ordering.$Properties);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];

                    /** Ordering before. */
                    before?: (holdfast.config.v1.Plugin.Ordering.Before.$Properties|null);

                    /** Ordering after. */
                    after?: (holdfast.config.v1.Plugin.Ordering.After.$Properties|null);

                    /**
                     * Encodes the specified Ordering message. Does not implicitly {@link holdfast.config.v1.Plugin.Ordering.verify|verify} messages.
                     * @param message Ordering message or plain object to encode
                     * @param [writer] Writer to encode to
                     * @returns Writer
                     */
                    static encode(message: holdfast.config.v1.Plugin.Ordering.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                    /**
                     * Decodes an Ordering message from the specified reader or buffer.
                     * @param reader Reader or buffer to decode from
                     * @param [length] Message length if known beforehand
                     * @returns {holdfast.config.v1.Plugin.Ordering & holdfast.config.v1.Plugin.Ordering.$Shape} Ordering
                     * @throws {Error} If the payload is not a reader or valid buffer
                     * @throws {$protobuf.util.ProtocolError} If required fields are missing
                     */
                    static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Plugin.Ordering & holdfast.config.v1.Plugin.Ordering.$Shape;
                }

                namespace Ordering {

                    /** Properties of an Ordering. */
                    interface $Properties {

                        /** Ordering before */
                        before?: (holdfast.config.v1.Plugin.Ordering.Before.$Properties|null);

                        /** Ordering after */
                        after?: (holdfast.config.v1.Plugin.Ordering.After.$Properties|null);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];
                    }

                    /** Shape of an Ordering. */
                    type $Shape = holdfast.config.v1.Plugin.Ordering.$Properties;

                    /**
                     * Properties of a Before.
                     * @deprecated Use holdfast.config.v1.Plugin.Ordering.Before.$Properties instead.
                     */
                    interface IBefore extends holdfast.config.v1.Plugin.Ordering.Before.$Properties {
                    }

                    /** Represents a Before. */
                    class Before {

                        /**
                         * Constructs a new Before.
                         * @param [properties] Properties to set
                         */
                        constructor(properties?: holdfast.config.v1.Plugin.Ordering.Before.$Properties);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];

                        /** Before access. */
                        access?: (holdfast.config.v1.StringList.$Properties|null);

                        /**
                         * Encodes the specified Before message. Does not implicitly {@link holdfast.config.v1.Plugin.Ordering.Before.verify|verify} messages.
                         * @param message Before message or plain object to encode
                         * @param [writer] Writer to encode to
                         * @returns Writer
                         */
                        static encode(message: holdfast.config.v1.Plugin.Ordering.Before.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                        /**
                         * Decodes a Before message from the specified reader or buffer.
                         * @param reader Reader or buffer to decode from
                         * @param [length] Message length if known beforehand
                         * @returns {holdfast.config.v1.Plugin.Ordering.Before & holdfast.config.v1.Plugin.Ordering.Before.$Shape} Before
                         * @throws {Error} If the payload is not a reader or valid buffer
                         * @throws {$protobuf.util.ProtocolError} If required fields are missing
                         */
                        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Plugin.Ordering.Before & holdfast.config.v1.Plugin.Ordering.Before.$Shape;
                    }

                    namespace Before {

                        /** Properties of a Before. */
                        interface $Properties {

                            /** Before access */
                            access?: (holdfast.config.v1.StringList.$Properties|null);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];
                        }

                        /** Shape of a Before. */
                        type $Shape = holdfast.config.v1.Plugin.Ordering.Before.$Properties;
                    }

                    /**
                     * Properties of an After.
                     * @deprecated Use holdfast.config.v1.Plugin.Ordering.After.$Properties instead.
                     */
                    interface IAfter extends holdfast.config.v1.Plugin.Ordering.After.$Properties {
                    }

                    /** Represents an After. */
                    class After {

                        /**
                         * Constructs a new After.
                         * @param [properties] Properties to set
                         */
                        constructor(properties?: holdfast.config.v1.Plugin.Ordering.After.$Properties);

                        /** Unknown fields preserved while decoding when enabled */
                        $unknowns?: Uint8Array[];

                        /** After access. */
                        access?: (holdfast.config.v1.StringList.$Properties|null);

                        /**
                         * Encodes the specified After message. Does not implicitly {@link holdfast.config.v1.Plugin.Ordering.After.verify|verify} messages.
                         * @param message After message or plain object to encode
                         * @param [writer] Writer to encode to
                         * @returns Writer
                         */
                        static encode(message: holdfast.config.v1.Plugin.Ordering.After.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                        /**
                         * Decodes an After message from the specified reader or buffer.
                         * @param reader Reader or buffer to decode from
                         * @param [length] Message length if known beforehand
                         * @returns {holdfast.config.v1.Plugin.Ordering.After & holdfast.config.v1.Plugin.Ordering.After.$Shape} After
                         * @throws {Error} If the payload is not a reader or valid buffer
                         * @throws {$protobuf.util.ProtocolError} If required fields are missing
                         */
                        static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Plugin.Ordering.After & holdfast.config.v1.Plugin.Ordering.After.$Shape;
                    }

                    namespace After {

                        /** Properties of an After. */
                        interface $Properties {

                            /** After access */
                            access?: (holdfast.config.v1.StringList.$Properties|null);

                            /** Unknown fields preserved while decoding when enabled */
                            $unknowns?: Uint8Array[];
                        }

                        /** Shape of an After. */
                        type $Shape = holdfast.config.v1.Plugin.Ordering.After.$Properties;
                    }
                }
            }

            /**
             * Properties of a KeyAuthCredential.
             * @deprecated Use holdfast.config.v1.KeyAuthCredential.$Properties instead.
             */
            interface IKeyAuthCredential extends holdfast.config.v1.KeyAuthCredential.$Properties {
            }

            /** Represents a KeyAuthCredential. */
            class KeyAuthCredential {

                /**
                 * Constructs a new KeyAuthCredential.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.KeyAuthCredential.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** KeyAuthCredential id. */
                id: Uint8Array;

                /** KeyAuthCredential created_at. */
                created_at: number;

                /** KeyAuthCredential updated_at. */
                updated_at: number;

                /** KeyAuthCredential tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** KeyAuthCredential consumer. */
                consumer: Uint8Array;

                /** KeyAuthCredential key_digest. */
                key_digest: Uint8Array;

                /** KeyAuthCredential expires_at. */
                expires_at?: (number|null);

                /**
                 * Encodes the specified KeyAuthCredential message. Does not implicitly {@link holdfast.config.v1.KeyAuthCredential.verify|verify} messages.
                 * @param message KeyAuthCredential message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.KeyAuthCredential.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a KeyAuthCredential message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.KeyAuthCredential & holdfast.config.v1.KeyAuthCredential.$Shape} KeyAuthCredential
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.KeyAuthCredential & holdfast.config.v1.KeyAuthCredential.$Shape;
            }

            namespace KeyAuthCredential {

                /** Properties of a KeyAuthCredential. */
                interface $Properties {

                    /** KeyAuthCredential id */
                    id?: (Uint8Array|null);

                    /** KeyAuthCredential created_at */
                    created_at?: (number|null);

                    /** KeyAuthCredential updated_at */
                    updated_at?: (number|null);

                    /** KeyAuthCredential tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** KeyAuthCredential consumer */
                    consumer?: (Uint8Array|null);

                    /** KeyAuthCredential key_digest */
                    key_digest?: (Uint8Array|null);

                    /** KeyAuthCredential expires_at */
                    expires_at?: (number|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a KeyAuthCredential. */
                type $Shape = holdfast.config.v1.KeyAuthCredential.$Properties;
            }

            /**
             * Properties of a BasicAuthCredential.
             * @deprecated Use holdfast.config.v1.BasicAuthCredential.$Properties instead.
             */
            interface IBasicAuthCredential extends holdfast.config.v1.BasicAuthCredential.$Properties {
            }

            /** Represents a BasicAuthCredential. */
            class BasicAuthCredential {

                /**
                 * Constructs a new BasicAuthCredential.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.BasicAuthCredential.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** BasicAuthCredential id. */
                id: Uint8Array;

                /** BasicAuthCredential created_at. */
                created_at: number;

                /** BasicAuthCredential updated_at. */
                updated_at: number;

                /** BasicAuthCredential tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** BasicAuthCredential consumer. */
                consumer: Uint8Array;

                /** BasicAuthCredential username. */
                username?: (string|null);

                /** BasicAuthCredential password_sealed. */
                password_sealed: Uint8Array;

                /**
                 * Encodes the specified BasicAuthCredential message. Does not implicitly {@link holdfast.config.v1.BasicAuthCredential.verify|verify} messages.
                 * @param message BasicAuthCredential message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.BasicAuthCredential.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a BasicAuthCredential message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.BasicAuthCredential & holdfast.config.v1.BasicAuthCredential.$Shape} BasicAuthCredential
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.BasicAuthCredential & holdfast.config.v1.BasicAuthCredential.$Shape;
            }

            namespace BasicAuthCredential {

                /** Properties of a BasicAuthCredential. */
                interface $Properties {

                    /** BasicAuthCredential id */
                    id?: (Uint8Array|null);

                    /** BasicAuthCredential created_at */
                    created_at?: (number|null);

                    /** BasicAuthCredential updated_at */
                    updated_at?: (number|null);

                    /** BasicAuthCredential tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** BasicAuthCredential consumer */
                    consumer?: (Uint8Array|null);

                    /** BasicAuthCredential username */
                    username?: (string|null);

                    /** BasicAuthCredential password_sealed */
                    password_sealed?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a BasicAuthCredential. */
                type $Shape = holdfast.config.v1.BasicAuthCredential.$Properties;
            }

            /**
             * Properties of a HmacAuthCredential.
             * @deprecated Use holdfast.config.v1.HmacAuthCredential.$Properties instead.
             */
            interface IHmacAuthCredential extends holdfast.config.v1.HmacAuthCredential.$Properties {
            }

            /** Represents a HmacAuthCredential. */
            class HmacAuthCredential {

                /**
                 * Constructs a new HmacAuthCredential.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.HmacAuthCredential.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** HmacAuthCredential id. */
                id: Uint8Array;

                /** HmacAuthCredential created_at. */
                created_at: number;

                /** HmacAuthCredential updated_at. */
                updated_at: number;

                /** HmacAuthCredential tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** HmacAuthCredential consumer. */
                consumer: Uint8Array;

                /** HmacAuthCredential username. */
                username?: (string|null);

                /** HmacAuthCredential secret_sealed. */
                secret_sealed: Uint8Array;

                /**
                 * Encodes the specified HmacAuthCredential message. Does not implicitly {@link holdfast.config.v1.HmacAuthCredential.verify|verify} messages.
                 * @param message HmacAuthCredential message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.HmacAuthCredential.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a HmacAuthCredential message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.HmacAuthCredential & holdfast.config.v1.HmacAuthCredential.$Shape} HmacAuthCredential
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.HmacAuthCredential & holdfast.config.v1.HmacAuthCredential.$Shape;
            }

            namespace HmacAuthCredential {

                /** Properties of a HmacAuthCredential. */
                interface $Properties {

                    /** HmacAuthCredential id */
                    id?: (Uint8Array|null);

                    /** HmacAuthCredential created_at */
                    created_at?: (number|null);

                    /** HmacAuthCredential updated_at */
                    updated_at?: (number|null);

                    /** HmacAuthCredential tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** HmacAuthCredential consumer */
                    consumer?: (Uint8Array|null);

                    /** HmacAuthCredential username */
                    username?: (string|null);

                    /** HmacAuthCredential secret_sealed */
                    secret_sealed?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a HmacAuthCredential. */
                type $Shape = holdfast.config.v1.HmacAuthCredential.$Properties;
            }

            /**
             * Properties of a JwtSecret.
             * @deprecated Use holdfast.config.v1.JwtSecret.$Properties instead.
             */
            interface IJwtSecret extends holdfast.config.v1.JwtSecret.$Properties {
            }

            /** Represents a JwtSecret. */
            class JwtSecret {

                /**
                 * Constructs a new JwtSecret.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.JwtSecret.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** JwtSecret id. */
                id: Uint8Array;

                /** JwtSecret created_at. */
                created_at: number;

                /** JwtSecret updated_at. */
                updated_at: number;

                /** JwtSecret tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** JwtSecret consumer. */
                consumer: Uint8Array;

                /** JwtSecret key. */
                key?: (string|null);

                /** JwtSecret secret_sealed. */
                secret_sealed: Uint8Array;

                /** JwtSecret rsa_public_key. */
                rsa_public_key?: (string|null);

                /** JwtSecret algorithm. */
                algorithm?: (string|null);

                /**
                 * Encodes the specified JwtSecret message. Does not implicitly {@link holdfast.config.v1.JwtSecret.verify|verify} messages.
                 * @param message JwtSecret message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.JwtSecret.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a JwtSecret message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.JwtSecret & holdfast.config.v1.JwtSecret.$Shape} JwtSecret
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.JwtSecret & holdfast.config.v1.JwtSecret.$Shape;
            }

            namespace JwtSecret {

                /** Properties of a JwtSecret. */
                interface $Properties {

                    /** JwtSecret id */
                    id?: (Uint8Array|null);

                    /** JwtSecret created_at */
                    created_at?: (number|null);

                    /** JwtSecret updated_at */
                    updated_at?: (number|null);

                    /** JwtSecret tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** JwtSecret consumer */
                    consumer?: (Uint8Array|null);

                    /** JwtSecret key */
                    key?: (string|null);

                    /** JwtSecret secret_sealed */
                    secret_sealed?: (Uint8Array|null);

                    /** JwtSecret rsa_public_key */
                    rsa_public_key?: (string|null);

                    /** JwtSecret algorithm */
                    algorithm?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a JwtSecret. */
                type $Shape = holdfast.config.v1.JwtSecret.$Properties;
            }

            /**
             * Properties of an Oauth2Credential.
             * @deprecated Use holdfast.config.v1.Oauth2Credential.$Properties instead.
             */
            interface IOauth2Credential extends holdfast.config.v1.Oauth2Credential.$Properties {
            }

            /** Represents an Oauth2Credential. */
            class Oauth2Credential {

                /**
                 * Constructs a new Oauth2Credential.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Oauth2Credential.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Oauth2Credential id. */
                id: Uint8Array;

                /** Oauth2Credential created_at. */
                created_at: number;

                /** Oauth2Credential updated_at. */
                updated_at: number;

                /** Oauth2Credential tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Oauth2Credential consumer. */
                consumer: Uint8Array;

                /** Oauth2Credential name. */
                name?: (string|null);

                /** Oauth2Credential client_id. */
                client_id?: (string|null);

                /** Oauth2Credential client_secret_digest. */
                client_secret_digest: Uint8Array;

                /** Oauth2Credential hash_secret. */
                hash_secret?: (boolean|null);

                /** Oauth2Credential redirect_uris. */
                redirect_uris?: (holdfast.config.v1.StringList.$Properties|null);

                /** Oauth2Credential client_type. */
                client_type?: (string|null);

                /**
                 * Encodes the specified Oauth2Credential message. Does not implicitly {@link holdfast.config.v1.Oauth2Credential.verify|verify} messages.
                 * @param message Oauth2Credential message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Oauth2Credential.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Oauth2Credential message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Oauth2Credential & holdfast.config.v1.Oauth2Credential.$Shape} Oauth2Credential
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Oauth2Credential & holdfast.config.v1.Oauth2Credential.$Shape;
            }

            namespace Oauth2Credential {

                /** Properties of an Oauth2Credential. */
                interface $Properties {

                    /** Oauth2Credential id */
                    id?: (Uint8Array|null);

                    /** Oauth2Credential created_at */
                    created_at?: (number|null);

                    /** Oauth2Credential updated_at */
                    updated_at?: (number|null);

                    /** Oauth2Credential tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Oauth2Credential consumer */
                    consumer?: (Uint8Array|null);

                    /** Oauth2Credential name */
                    name?: (string|null);

                    /** Oauth2Credential client_id */
                    client_id?: (string|null);

                    /** Oauth2Credential client_secret_digest */
                    client_secret_digest?: (Uint8Array|null);

                    /** Oauth2Credential hash_secret */
                    hash_secret?: (boolean|null);

                    /** Oauth2Credential redirect_uris */
                    redirect_uris?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Oauth2Credential client_type */
                    client_type?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Oauth2Credential. */
                type $Shape = holdfast.config.v1.Oauth2Credential.$Properties;
            }

            /**
             * Properties of a MtlsAuthCredential.
             * @deprecated Use holdfast.config.v1.MtlsAuthCredential.$Properties instead.
             */
            interface IMtlsAuthCredential extends holdfast.config.v1.MtlsAuthCredential.$Properties {
            }

            /** Represents a MtlsAuthCredential. */
            class MtlsAuthCredential {

                /**
                 * Constructs a new MtlsAuthCredential.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.MtlsAuthCredential.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** MtlsAuthCredential id. */
                id: Uint8Array;

                /** MtlsAuthCredential created_at. */
                created_at: number;

                /** MtlsAuthCredential updated_at. */
                updated_at: number;

                /** MtlsAuthCredential tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** MtlsAuthCredential consumer. */
                consumer: Uint8Array;

                /** MtlsAuthCredential subject_name. */
                subject_name?: (string|null);

                /** MtlsAuthCredential ca_certificate. */
                ca_certificate: Uint8Array;

                /**
                 * Encodes the specified MtlsAuthCredential message. Does not implicitly {@link holdfast.config.v1.MtlsAuthCredential.verify|verify} messages.
                 * @param message MtlsAuthCredential message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.MtlsAuthCredential.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a MtlsAuthCredential message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.MtlsAuthCredential & holdfast.config.v1.MtlsAuthCredential.$Shape} MtlsAuthCredential
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.MtlsAuthCredential & holdfast.config.v1.MtlsAuthCredential.$Shape;
            }

            namespace MtlsAuthCredential {

                /** Properties of a MtlsAuthCredential. */
                interface $Properties {

                    /** MtlsAuthCredential id */
                    id?: (Uint8Array|null);

                    /** MtlsAuthCredential created_at */
                    created_at?: (number|null);

                    /** MtlsAuthCredential updated_at */
                    updated_at?: (number|null);

                    /** MtlsAuthCredential tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** MtlsAuthCredential consumer */
                    consumer?: (Uint8Array|null);

                    /** MtlsAuthCredential subject_name */
                    subject_name?: (string|null);

                    /** MtlsAuthCredential ca_certificate */
                    ca_certificate?: (Uint8Array|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a MtlsAuthCredential. */
                type $Shape = holdfast.config.v1.MtlsAuthCredential.$Properties;
            }

            /**
             * Properties of an Acl.
             * @deprecated Use holdfast.config.v1.Acl.$Properties instead.
             */
            interface IAcl extends holdfast.config.v1.Acl.$Properties {
            }

            /** Represents an Acl. */
            class Acl {

                /**
                 * Constructs a new Acl.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.Acl.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** Acl id. */
                id: Uint8Array;

                /** Acl created_at. */
                created_at: number;

                /** Acl updated_at. */
                updated_at: number;

                /** Acl tags. */
                tags?: (holdfast.config.v1.StringList.$Properties|null);

                /** Acl consumer. */
                consumer: Uint8Array;

                /** Acl group. */
                group?: (string|null);

                /**
                 * Encodes the specified Acl message. Does not implicitly {@link holdfast.config.v1.Acl.verify|verify} messages.
                 * @param message Acl message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.Acl.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an Acl message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.Acl & holdfast.config.v1.Acl.$Shape} Acl
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.Acl & holdfast.config.v1.Acl.$Shape;
            }

            namespace Acl {

                /** Properties of an Acl. */
                interface $Properties {

                    /** Acl id */
                    id?: (Uint8Array|null);

                    /** Acl created_at */
                    created_at?: (number|null);

                    /** Acl updated_at */
                    updated_at?: (number|null);

                    /** Acl tags */
                    tags?: (holdfast.config.v1.StringList.$Properties|null);

                    /** Acl consumer */
                    consumer?: (Uint8Array|null);

                    /** Acl group */
                    group?: (string|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an Acl. */
                type $Shape = holdfast.config.v1.Acl.$Properties;
            }

            /**
             * Properties of a BytesList.
             * @deprecated Use holdfast.config.v1.BytesList.$Properties instead.
             */
            interface IBytesList extends holdfast.config.v1.BytesList.$Properties {
            }

            /** Represents a BytesList. */
            class BytesList {

                /**
                 * Constructs a new BytesList.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.BytesList.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** BytesList values. */
                values: Uint8Array[];

                /**
                 * Encodes the specified BytesList message. Does not implicitly {@link holdfast.config.v1.BytesList.verify|verify} messages.
                 * @param message BytesList message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.BytesList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a BytesList message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.BytesList & holdfast.config.v1.BytesList.$Shape} BytesList
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.BytesList & holdfast.config.v1.BytesList.$Shape;
            }

            namespace BytesList {

                /** Properties of a BytesList. */
                interface $Properties {

                    /** BytesList values */
                    values?: (Uint8Array[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a BytesList. */
                type $Shape = holdfast.config.v1.BytesList.$Properties;
            }

            /**
             * Properties of an IntegerList.
             * @deprecated Use holdfast.config.v1.IntegerList.$Properties instead.
             */
            interface IIntegerList extends holdfast.config.v1.IntegerList.$Properties {
            }

            /** Represents an IntegerList. */
            class IntegerList {

                /**
                 * Constructs a new IntegerList.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.IntegerList.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** IntegerList values. */
                values: number[];

                /**
                 * Encodes the specified IntegerList message. Does not implicitly {@link holdfast.config.v1.IntegerList.verify|verify} messages.
                 * @param message IntegerList message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.IntegerList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes an IntegerList message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.IntegerList & holdfast.config.v1.IntegerList.$Shape} IntegerList
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.IntegerList & holdfast.config.v1.IntegerList.$Shape;
            }

            namespace IntegerList {

                /** Properties of an IntegerList. */
                interface $Properties {

                    /** IntegerList values */
                    values?: (number[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of an IntegerList. */
                type $Shape = holdfast.config.v1.IntegerList.$Properties;
            }

            /**
             * Properties of a StringList.
             * @deprecated Use holdfast.config.v1.StringList.$Properties instead.
             */
            interface IStringList extends holdfast.config.v1.StringList.$Properties {
            }

            /** Represents a StringList. */
            class StringList {

                /**
                 * Constructs a new StringList.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.StringList.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** StringList values. */
                values: string[];

                /**
                 * Encodes the specified StringList message. Does not implicitly {@link holdfast.config.v1.StringList.verify|verify} messages.
                 * @param message StringList message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.StringList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a StringList message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.StringList & holdfast.config.v1.StringList.$Shape} StringList
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.StringList & holdfast.config.v1.StringList.$Shape;
            }

            namespace StringList {

                /** Properties of a StringList. */
                interface $Properties {

                    /** StringList values */
                    values?: (string[]|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a StringList. */
                type $Shape = holdfast.config.v1.StringList.$Properties;
            }

            /**
             * Properties of a StringListMap.
             * @deprecated Use holdfast.config.v1.StringListMap.$Properties instead.
             */
            interface IStringListMap extends holdfast.config.v1.StringListMap.$Properties {
            }

            /** Represents a StringListMap. */
            class StringListMap {

                /**
                 * Constructs a new StringListMap.
                 * @param [properties] Properties to set
                 */
                constructor(properties?: holdfast.config.v1.StringListMap.$Properties);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];

                /** StringListMap entries. */
                entries: { [k: string]: holdfast.config.v1.StringList.$Properties };

                /**
                 * Encodes the specified StringListMap message. Does not implicitly {@link holdfast.config.v1.StringListMap.verify|verify} messages.
                 * @param message StringListMap message or plain object to encode
                 * @param [writer] Writer to encode to
                 * @returns Writer
                 */
                static encode(message: holdfast.config.v1.StringListMap.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

                /**
                 * Decodes a StringListMap message from the specified reader or buffer.
                 * @param reader Reader or buffer to decode from
                 * @param [length] Message length if known beforehand
                 * @returns {holdfast.config.v1.StringListMap & holdfast.config.v1.StringListMap.$Shape} StringListMap
                 * @throws {Error} If the payload is not a reader or valid buffer
                 * @throws {$protobuf.util.ProtocolError} If required fields are missing
                 */
                static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): holdfast.config.v1.StringListMap & holdfast.config.v1.StringListMap.$Shape;
            }

            namespace StringListMap {

                /** Properties of a StringListMap. */
                interface $Properties {

                    /** StringListMap entries */
                    entries?: ({ [k: string]: holdfast.config.v1.StringList.$Properties }|null);

                    /** Unknown fields preserved while decoding when enabled */
                    $unknowns?: Uint8Array[];
                }

                /** Shape of a StringListMap. */
                type $Shape = holdfast.config.v1.StringListMap.$Properties;
            }
        }
    }
}
